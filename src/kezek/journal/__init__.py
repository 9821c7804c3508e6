"""How is what happened kept durably?"""
