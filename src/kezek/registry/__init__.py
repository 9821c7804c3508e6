"""Who and what may mine?"""
