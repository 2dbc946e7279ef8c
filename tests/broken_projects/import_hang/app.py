import time

from aanad.sdk import AanaSDK

time.sleep(100_000)
aana_app = AanaSDK(name="import_hang")
