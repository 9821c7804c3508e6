"""Which published figures do we rely on, and who published them?"""
