"""A newsroom on loopback: outlets that publish, syndicate, edit and fail over real HTTP, for the demo and the tests.

It is standard library only (but for PyYAML, which reads its week of news) and never reaches beyond this machine.
"""
