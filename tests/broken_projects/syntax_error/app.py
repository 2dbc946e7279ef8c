from aanad.sdk import AanaSDK

aana_app = AanaSDK(name="syntax_error"
aana_app.endpoints
