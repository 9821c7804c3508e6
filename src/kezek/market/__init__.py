"""Who gets which surplus hour at what price?"""
