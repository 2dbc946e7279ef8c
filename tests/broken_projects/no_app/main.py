print("there is no app.py here")
