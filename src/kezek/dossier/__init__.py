"""What did the operator say about itself?"""
