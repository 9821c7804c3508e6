"""What was used?"""
