"""What must an operator do, what is owed, is it met and why?"""
