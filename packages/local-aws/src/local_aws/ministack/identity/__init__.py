"""IAM, STS and Cognito: who may do what, with which credentials."""
