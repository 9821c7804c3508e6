"""How can anyone prove what happened?"""
