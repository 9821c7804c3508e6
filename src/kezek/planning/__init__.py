"""What should an operator do, and what is left after all dues?"""
