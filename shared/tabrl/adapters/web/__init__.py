"""Addresses, proxies and origins: who may reach a server from where."""
