"""Evidence → answer. Without a language model an answer is made of whole quoted statements."""
