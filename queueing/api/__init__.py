"""The REST API: everything a kiosk, a board, a counter and the reception do."""
