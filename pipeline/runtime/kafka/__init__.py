"""kafka-python, and nothing else imports it.

It is untyped: `Any` stands where its objects pass through, and only in this folder.
"""
