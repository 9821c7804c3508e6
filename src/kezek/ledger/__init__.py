"""Who paid whom?"""
