"""How much surplus is there, and why?"""
