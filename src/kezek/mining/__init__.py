"""What does hashing yield and cost physically?"""
