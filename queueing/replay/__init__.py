"""Plays a branch day through the HTTP interface of a running branch.

``client`` speaks the API and counts, ``day`` keeps the accelerated time, ``people``
are the kiosk and the officers, ``report`` says how the day went.
"""
