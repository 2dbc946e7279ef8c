from aanad.sdk import AanaSDK

first_app = AanaSDK(name="two_apps")
second_app = AanaSDK(name="two_apps")
