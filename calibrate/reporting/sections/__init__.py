"""The sections of the report, one file each: the document in, headings, paragraphs, tables and figures out."""
