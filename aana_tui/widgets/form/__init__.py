"""The form of a request: its fields as rows, one editor that goes from row to row, and the document as JSON."""
