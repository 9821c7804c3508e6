"""Kezek: the open system for a country that rations electricity to crypto miners."""

__version__ = "0.1.0"
