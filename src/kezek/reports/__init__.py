"""What do people print?"""
