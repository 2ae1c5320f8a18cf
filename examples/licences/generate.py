#!/usr/bin/env python3
"""Writes licensees as a board sends them, as CSV: people that nobody is, the same ones for the same seed.

usage: generate.py COUNT [--seed N] [--faults SHARE] [--correct] [--changes SHARE] [--out FILE]

With --faults 0.01 one row of a hundred has a fault of one of the kinds in FAULTS; the last line on standard error says how many of which.
With --correct the rows that had faults come without them; with --changes 0.1 a tenth of the others come with another address or status, as in
the file that a board sends a month later.
"""
import argparse
import csv
import datetime
import random
import sys

COLUMNS = ["dateOfIssuance", "npi", "licenseNumber", "homeAddressPostalCode", "givenName", "homeAddressStreet1", "homeAddressStreet2", "dateOfBirth",
           "dateOfRenewal", "ssn", "licenseType", "homeAddressCity", "licenseStatus", "licenseStatusName", "compactEligibility", "familyName", "middleName",
           "suffix", "homeAddressState", "dateOfExpiration", "emailAddress", "phoneNumber"]
TYPES = ["audiologist", "speech-language pathologist", "occupational therapist", "occupational therapy assistant"]
GIVEN = ["Ada", "Björk", "Chidi", "Dolores", "Émile", "Fatima", "Grace", "Hedy", "Ігор", "José", "Katherine", "Linus", "Mei", "Noor", "O'Neil", "Px"]
FAMILY = ["Abara", "Brontë", "Castillo", "Dvořák", "Eze", "Fitzgerald", "García Márquez", "Hopper", "Іваненко", "Jones-Smith", "Kovač", "Lovelace", "Nguyen", "O'Brien"]
STREETS = ["Main St", "Oak Ave, Apt 3", 'The "Old" Mill Rd', "1st Street", "Elm Blvd", "Św. Jana"]
CITIES = [("Columbus", "oh", "43004"), ("Louisville", "ky", "40202"), ("Omaha", "ne", "68102"), ("Lincoln", "ne", "68508"), ("Lexington", "ky", "40507")]
FAULTS = ["ssn", "npi", "date", "missing", "eligible", "long", "status", "phone", "fields", "quote"]


def digits(random_, count):
    return "".join(random_.choice("0123456789") for _ in range(count))


def row(random_, number):
    issued = datetime.date(1995, 1, 1) + datetime.timedelta(days=random_.randrange(10_000))
    renewed = issued + datetime.timedelta(days=730 * random_.randrange(1, 5))
    city, state, postal = random_.choice(CITIES)
    active = random_.random() < 0.9
    given, family = random_.choice(GIVEN), random_.choice(FAMILY)
    return {
        "dateOfIssuance": issued.isoformat(), "npi": digits(random_, 10) if random_.random() < 0.6 else "", "licenseNumber": f"A{number:09d}",
        "homeAddressPostalCode": postal, "givenName": given, "homeAddressStreet1": f"{random_.randrange(1, 9999)} {random_.choice(STREETS)}",
        "homeAddressStreet2": "Unit 7" if random_.random() < 0.1 else "", "dateOfBirth": (issued - datetime.timedelta(days=8_000 + random_.randrange(12_000))).isoformat(),
        "dateOfRenewal": renewed.isoformat(), "ssn": f"{random_.randrange(900, 1000)}-{digits(random_, 2)}-{digits(random_, 4)}", "licenseType": random_.choice(TYPES),
        "homeAddressCity": city, "licenseStatus": "active" if active else "inactive", "licenseStatusName": "ACTIVE_IN_GOOD_STANDING" if active else "LAPSED",
        "compactEligibility": "eligible" if active and random_.random() < 0.8 else "ineligible", "familyName": family,
        "middleName": random_.choice(GIVEN) if random_.random() < 0.3 else "", "suffix": "Jr." if random_.random() < 0.03 else "", "homeAddressState": state,
        "dateOfExpiration": (renewed + datetime.timedelta(days=730)).isoformat(),
        "emailAddress": f"licensee{number}@example.org" if random_.random() < 0.8 else "", "phoneNumber": "+1" + digits(random_, 10) if random_.random() < 0.8 else "",
    }


def spoil(random_, person, kind):
    """A row of text with one fault of that kind."""
    if kind == "ssn":
        person["ssn"] = person["ssn"].replace("-", "")
    elif kind == "npi":
        person["npi"] = digits(random_, 9)
    elif kind == "date":
        person["dateOfBirth"] = "1985-02-30"
    elif kind == "missing":
        person[random_.choice(["ssn", "familyName", "licenseStatus", "homeAddressCity"])] = ""
    elif kind == "eligible":
        person["licenseStatus"], person["compactEligibility"] = "inactive", "eligible"
    elif kind == "long":
        person["givenName"] = "x" * 101
    elif kind == "status":
        person["licenseStatus"] = "suspended?"
    elif kind == "phone":
        person["phoneNumber"] = "555-0199"
    line = text(person)
    if kind == "fields":
        line = line.replace(",", "", 1)
    elif kind == "quote":
        line = line.replace(person["licenseNumber"], person["licenseNumber"][:3] + '"' + person["licenseNumber"][3:], 1)
    return line


class Line:
    def __init__(self):
        self.text = ""

    def write(self, text):
        self.text += text


def text(person):
    line = Line()
    csv.writer(line).writerow([person[column] for column in COLUMNS])
    return line.text


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("count", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--faults", type=float, default=0)
    parser.add_argument("--changes", type=float, default=0)
    parser.add_argument("--correct", action="store_true")
    parser.add_argument("--out")
    options = parser.parse_args()
    out = open(options.out, "w", encoding="utf-8", newline="") if options.out else sys.stdout
    out.write(",".join(COLUMNS) + "\r\n")
    counts = dict.fromkeys(FAULTS, 0)
    for number in range(1, options.count + 1):
        # Each licensee has a generator of their own: a correction changes nobody else.
        random_ = random.Random(f"{options.seed}/{number}")
        person = row(random_, number)
        if random_.random() < options.faults:
            kind = random_.choice(FAULTS)
            if not options.correct:
                counts[kind] += 1
                out.write(spoil(random_, person, kind))
                continue
        elif random_.random() < options.changes:
            person["homeAddressStreet1"] = f"{random_.randrange(1, 9999)} New Road"
        out.write(text(person))
    if options.out:
        out.close()
    print("faults: " + ", ".join(f"{kind} {count}" for kind, count in counts.items()), file=sys.stderr)


if __name__ == "__main__":
    main()
