"""What the SSM agent does with a Command document, and what the service would not take.

Standard library only, Python 3.10 and later: `graviton-tf diagnose --local` runs it on any machine. Only the
agent of a rehearsed instance (`serve`) needs boto3.
"""
