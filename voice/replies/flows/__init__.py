"""What the desk does, step by step, when no language model thinks: one module for each thing callers want.

An answer to the open question is either not one (None), or taken so that the flow goes on (GO_ON), or
answered with a sentence. A flow's next_step asks for what is missing and does what is agreed.
"""
