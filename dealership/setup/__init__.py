"""Set-up pages: an owner opens their own store, without code.

    steps.py    the steps, and how far a store is
    forms.py    what is asked on each
    people.py   … of people and bays
    menu.py     … of the menu: the usual one, or a file
    checks.py   what still keeps callers from a booking
    views.py    edge: the pages

Every step is saved by itself, so set-up can be left and resumed; nothing but the store's own rows says
how far it is.
"""
