"""What does one national day look like, from surplus to verdict?"""
