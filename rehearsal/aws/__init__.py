"""An AWS on loopback: moto's server, in process, with what it lacks bridged.

`python -m rehearsal.aws` starts it. Each module that mends moto says in its docstring what moto does,
what AWS does, and where AWS says so.
"""
