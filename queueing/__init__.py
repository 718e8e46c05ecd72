"""The core: services, counters, visits, tickets, calling, board, kiosk, desk."""
