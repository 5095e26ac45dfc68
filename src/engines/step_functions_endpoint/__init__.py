"""A local Step Functions endpoint: moto's server with what its Step Functions part lacks.

Plain moto 5.2.5 runs state machines, but differs from AWS where an observer looks. Each module here mends
one theme; each function in it replaces one thing inside moto and says in its docstring why. They reach
into moto's inside, so exactly one version fits, and the contract test guards a change of it.
"""
