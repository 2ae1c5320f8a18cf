import ColumnStore
import Foundation
import XCTest

/// The zone reader against Foundation's zones, and the local-time cases by hand.
final class TimeZoneDatabaseTests: XCTestCase {
    func test_offset_manyZonesAndInstants_agreesWithFoundation() throws {
        for name in ["Europe/Kyiv", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Sao_Paulo", "Africa/Casablanca"] {
            let rules = try XCTUnwrap(try TimeZoneDatabase.system.rules(for: name))
            let zone = try XCTUnwrap(TimeZone(identifier: name))
            for instant in stride(from: Int64(0), to: 2_524_608_000, by: 86_400 * 3 + 1_237) {
                XCTAssertEqual(
                    rules.offset(atUTCSeconds: instant), zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(instant))),
                    "\(name) at \(instant)")
            }
        }
    }

    func test_zoneNames_areThoseOfFiles_inOrder() throws {
        let names = TimeZoneDatabase.system.zoneNames
        XCTAssertEqual(names, names.sorted())
        XCTAssertTrue(Set(names).isSuperset(of: ["Europe/Kyiv", "America/Argentina/Buenos_Aires", "UTC"]))
        XCTAssertFalse(names.contains { $0.hasPrefix("posix/") || $0.hasPrefix("right/") || $0.hasSuffix(".tab") })
        XCTAssertEqual(TimeZoneDatabase(directory: "/nowhere").zoneNames, [])
    }

    /// What loops over near instants go by: it holds for all of its range, and not a second longer.
    func test_span_holdsForItsWholeRange_andNoLonger() throws {
        for name in ["Europe/Kyiv", "Australia/Lord_Howe", "Africa/Casablanca", "America/Sao_Paulo"] {
            let rules = try XCTUnwrap(try TimeZoneDatabase.system.rules(for: name))
            for instant in stride(from: Int64(-2_000_000_000), to: 2_524_608_000, by: 86_400 * 29 + 1_237) {
                let (range, offset) = rules.span(atUTCSeconds: instant)
                XCTAssertTrue(range.contains(instant), "\(name) at \(instant)")
                for held in [range.lowerBound, instant, range.upperBound - 1] { XCTAssertEqual(rules.offset(atUTCSeconds: held), offset, "\(name) at \(held)") }
            }
        }
    }

    func test_offset_afterTheTable_followsThePosixRule() throws {
        let rules = try XCTUnwrap(try TimeZoneDatabase.system.rules(for: "Europe/Berlin"))
        let july = Int64(Calendar.days(year: 2300, month: 7, day: 1)) * 86_400
        let january = Int64(Calendar.days(year: 2300, month: 1, day: 1)) * 86_400
        XCTAssertEqual(rules.offset(atUTCSeconds: july), 7_200)
        XCTAssertEqual(rules.offset(atUTCSeconds: january), 3_600)
    }

    func test_abbreviation_inAndAfterTheTable_isOfTheInstant() throws {
        for (name, day, expected) in [
            ("Europe/Kyiv", (2026, 1, 1), "EET"), ("Europe/Kyiv", (2026, 7, 1), "EEST"), ("Europe/Kyiv", (2300, 7, 1), "EEST"),
            ("Asia/Tehran", (2020, 7, 1), "+0430"), ("Asia/Tehran", (2026, 7, 1), "+0330"), ("America/St_Johns", (1890, 1, 1), "NST"),
            ("UTC", (2026, 1, 1), "UTC"),
        ] {
            let rules = try XCTUnwrap(try TimeZoneDatabase.system.rules(for: name))
            let instant = Int64(Calendar.days(year: day.0, month: day.1, day: day.2)) * 86_400
            XCTAssertEqual(rules.abbreviation(atUTCSeconds: instant), expected, "\(name) on \(day)")
        }
    }

    func test_instants_gapAndOverlap_areTold() throws {
        let rules = try XCTUnwrap(try TimeZoneDatabase.system.rules(for: "Europe/Kyiv"))
        let gap = try XCTUnwrap(Calendar.parseMoment("2026-03-29T03:30:00".utf8)).localMicroseconds
        guard case .none(let before, let after) = rules.instants(ofLocal: gap) else { return XCTFail("a gap") }
        XCTAssertEqual(before - after, 3_600_000_000)
        let overlap = try XCTUnwrap(Calendar.parseMoment("2026-10-25 03:30".utf8)).localMicroseconds
        guard case .two(let earlier, let later) = rules.instants(ofLocal: overlap) else { return XCTFail("an overlap") }
        XCTAssertEqual(later - earlier, 3_600_000_000)
        XCTAssertEqual(rules.utc(fromLocal: overlap), later)
        let plain = try XCTUnwrap(Calendar.parseMoment("2026-07-01T12:00:00+03:00".utf8))
        XCTAssertEqual(rules.instants(ofLocal: plain.localMicroseconds), .one(try XCTUnwrap(plain.instantMicroseconds)))
    }

    func test_rules_namesThatLeaveTheDirectory_areUnknown() throws {
        for name in ["../passwd", "/etc/passwd", "Europe/../../passwd", "", "Europe", "zone.tab", "No/Where", "tzdata.zi"] {
            XCTAssertNil(try TimeZoneDatabase.system.rules(for: name), name)
        }
    }

    func test_posixWords_nameAZone_countingToTheWest() throws {
        for (name, east, shown) in [("UTC+3", -3, "UTC+3"), ("<+02>-02", 2, "<+02>-02"), ("+02:00", -2, "+02:00"), ("foo-5", 5, "FOO-5")] {
            let rules = try XCTUnwrap(try TimeZoneDatabase.system.rules(for: name), name)
            XCTAssertEqual(rules.offset(atUTCSeconds: 0), east * 3_600, name)
            XCTAssertEqual(rules.name, shown)
        }
        let summer = try XCTUnwrap(try TimeZoneDatabase.system.rules(for: "EST5EDT4,M3.2.0,M11.1.0"))
        XCTAssertEqual(summer.offset(atUTCSeconds: 1_593_561_600), -4 * 3_600)
        for name in ["FOO", "+", "UTC+200", "foo5bar", "<+02", "UTC+3x y"] { XCTAssertNil(try TimeZoneDatabase.system.rules(for: name), name) }
    }

    func test_hoursOfASetting_countToTheEast() throws {
        for (text, east, name) in [("2", 7_200, "<+02>-02"), ("-7.5", -27_000, "<-07:30>+07:30"), ("0", 0, "<+00>-00"), ("UTC+3", -10_800, "UTC+3")] {
            let rules = try XCTUnwrap(try TimeZoneDatabase.system.rules(setting: text), text)
            XCTAssertEqual(rules.offset(atUTCSeconds: 0), east, text)
            XCTAssertEqual(rules.name, name)
        }
        XCTAssertNil(try TimeZoneDatabase.system.rules(setting: "168.5"))
    }

    func test_abbreviation_meansWhatItMeantThen() throws {
        let moscow = try XCTUnwrap(try TimeZoneDatabase.system.rules(for: "Europe/Moscow")).meaning(ofAbbreviation: "MSK")
        // 2010, 2012 and 2015; in the summer of 2010 the clocks showed MSD.
        for (instant, hours) in [(1_262_304_000, 3), (1_277_942_400, 3), (1_325_376_000, 4), (1_420_070_400, 3)] as [(Int64, Int)] {
            XCTAssertEqual(moscow.offset(atUTCSeconds: instant), hours * 3_600, "\(instant)")
        }
    }
}
