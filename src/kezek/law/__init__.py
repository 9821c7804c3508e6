"""What did the law say on that day, and who disagrees?"""
