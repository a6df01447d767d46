"""A briefing as people read it: one page, one mail, two feeds, all made of one `records.briefing.Briefing`.

Pure: it never reads the warehouse, a clock or the network, and takes every text for hostile.
"""
