"""What happens in one trading session, from opening to settlement?"""
