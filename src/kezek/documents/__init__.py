"""What do market papers look like on the wire?"""
