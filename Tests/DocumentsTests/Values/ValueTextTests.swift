import ColumnStore
import Foundation
import TestSupport
import XCTest

@testable import Documents

/// Decimals, times and zones against oracles.
final class ValueTextTests: XCTestCase {
    private func decimal(_ text: String, scale: Int, shift: Int = 0, mark: Character = ".") -> Result<Int128, ValueFault> {
        Array(text.utf8).withUnsafeBufferPointer { bytes in
            do throws(ValueFault) {
                return .success(
                    try DecimalText.unscaled(bytes.baseAddress ?? ScalarText.noBytes, bytes.count, scale: scale, shift: shift, mark: mark.asciiValue ?? 0))
            } catch {
                return .failure(error)
            }
        }
    }

    func test_unscaled_examples_areExactOrRefused() {
        let cases: [(String, Int, Int, Result<Int128, ValueFault>)] = [
            ("65.00", 4, 0, .success(650_000)), ("-0", 2, 0, .success(0)), ("1e2", 0, 0, .success(100)), ("1.5E-1", 2, 0, .success(15)), ("+7", 1, 0, .success(70)),
            (".5", 1, 0, .success(5)), ("5.", 1, 0, .success(50)), ("0012", 0, 0, .success(12)), ("12345", 2, -2, .success(12_345)), ("1.005", 2, 0, .failure(.tooManyDigits)),
            ("1.00500", 3, 0, .success(1_005)), ("1e400", 2, 0, .failure(.outOfRange)), ("1e-400", 2, 0, .failure(.tooManyDigits)), ("0e999999999999", 2, 0, .success(0)),
            ("", 0, 0, .failure(.notANumber)), ("-", 0, 0, .failure(.notANumber)), (".", 0, 0, .failure(.notANumber)), ("1,5", 1, 0, .failure(.notANumber)),
            ("1e", 0, 0, .failure(.notANumber)), ("0x1", 0, 0, .failure(.notANumber)), ("1 ", 0, 0, .failure(.notANumber)), ("1.2.3", 2, 0, .failure(.notANumber)),
            ("٣", 0, 0, .failure(.notANumber)), ("12345678901234567890123456789012345678", 0, 0, .success(12_345_678_901_234_567_890_123_456_789_012_345_678)),
            ("123456789012345678901234567890123456789", 0, 0, .failure(.outOfRange)), (String(repeating: "0", count: 400) + "1.5", 1, 0, .success(15)),
            ("1" + String(repeating: "0", count: 400) + "e-400", 0, 0, .success(1)), ("0." + String(repeating: "0", count: 500), 2, 0, .success(0)),
            (String(repeating: "9", count: 400), 0, 0, .failure(.outOfRange)), ("0." + String(repeating: "3", count: 400), 9, 0, .failure(.tooManyDigits)),
        ]
        for (text, scale, shift, wanted) in cases { XCTAssertEqual(decimal(text, scale: scale, shift: shift), wanted, String(text.prefix(50))) }
        // Digits without end, and an exponent that leads back over all of them.
        let zeros = String(repeating: "0", count: 100_002)
        XCTAssertEqual(decimal("0.\(zeros)1e100007", scale: 4), .success(100_000_000))
        XCTAssertEqual(decimal("1\(zeros)e-100004", scale: 2), .success(1))
        XCTAssertEqual(decimal("1e99999999999999999999", scale: 2), .failure(.outOfRange))
        XCTAssertEqual(decimal("0.\(zeros)1e-99999999999999999999", scale: 2), .failure(.tooManyDigits))
        XCTAssertEqual(decimal("1,5", scale: 1, mark: ","), .success(15))
        XCTAssertEqual(decimal("1.5", scale: 1, mark: ","), .failure(.notANumber))
    }

    /// The short way, where it takes a number, gives what the long one gives.
    func test_plain_randomNumbers_agreesWithUnscaled() {
        var random = SplitMix64(state: 0xDEC)
        for _ in 0..<50_000 {
            var text = Bool.random(using: &random) ? "-" : ""
            for _ in 0..<Int.random(in: 0...12, using: &random) { text += String(Int.random(in: 0...9, using: &random)) }
            if Bool.random(using: &random) { text += "." }
            for _ in 0..<Int.random(in: 0...8, using: &random) { text += String(Int.random(in: 0...9, using: &random)) }
            let scale = Int.random(in: 0...9, using: &random)
            let short = Array(text.utf8).withUnsafeBufferPointer { DecimalText.plain($0.baseAddress ?? ScalarText.noBytes, $0.count, scale: scale) }
            if let short { XCTAssertEqual(decimal(text, scale: scale), .success(Int128(short)), "\(text) at \(scale)") }
        }
    }

    private func iso(_ text: String) -> TimeParts? {
        Array(text.utf8).withUnsafeBufferPointer { TimeText.iso($0.baseAddress ?? ScalarText.noBytes, $0.count) }
    }

    func test_iso_formsOfRFC3339AndXMLSchema_areRead() {
        let day = CivilDate.days(year: 2026, month: 11, day: 20)
        XCTAssertEqual(iso("2026-11-20"), TimeParts(day: day))
        XCTAssertEqual(iso("2026-11-20+02:00"), TimeParts(day: day, offset: 7_200))
        XCTAssertEqual(iso("2026-11-20T14:03"), TimeParts(day: day, timeOfDay: 50_580_000_000))
        XCTAssertEqual(iso("2026-11-20 14:03:07.1234567Z"), TimeParts(day: day, timeOfDay: 50_587_123_456, offset: 0))
        XCTAssertEqual(iso("2026-11-20t24:00:00-0530"), TimeParts(day: day, timeOfDay: 86_400_000_000, offset: -19_800))
        XCTAssertEqual(iso("14:03:07+02"), TimeParts(timeOfDay: 50_587_000_000, offset: 7_200))
        for bad in ["", "2026", "2026-13-01", "2026-02-29", "0000-01-01", "2026-11-20T", "2026-11-20T25:00", "2026-11-20T24:00:01", "2026-11-20T14:03:60", "2026-11-20T14:03:07+25:00",
            "2026-11-20T14:03:07.", "20261120", "2026-11-20x", "12026-11-20", "2026-11-20T14:03:07+02:00Z", "-2026-11-20"]
        {
            XCTAssertNil(iso(bad), bad)
        }
    }

    private func parsed(_ pattern: String, _ text: String) throws -> TimeParts? {
        let format = try TimeFormat(pattern)
        return Array(text.utf8).withUnsafeBufferPointer { format.read($0.baseAddress ?? ScalarText.noBytes, $0.count) }
    }

    func test_format_patterns_areReadExactly() throws {
        let day = CivilDate.days(year: 2026, month: 11, day: 2)
        let noon: Int64 = 43_200_000_000
        XCTAssertEqual(try parsed("dd.MM.yyyy HH:mm:ss", "02.11.2026 12:00:00"), TimeParts(day: day, timeOfDay: noon))
        XCTAssertEqual(try parsed("ddMMyyyy", "02112026"), TimeParts(day: day))
        XCTAssertEqual(try parsed("HHmmss", "120000"), TimeParts(timeOfDay: noon))
        XCTAssertEqual(try parsed("d/M/yy h:mm a", "2/11/26 12:00 PM"), TimeParts(day: day, timeOfDay: noon))
        XCTAssertEqual(try parsed("dd MMM yyyy", "02 Nov 2026"), TimeParts(day: day))
        XCTAssertEqual(try parsed("EEE, d MMM yyyy HH:mm:ss Z", "Mon, 2 Nov 2026 12:00:00 +0000"), TimeParts(day: day, timeOfDay: noon, offset: 0))
        XCTAssertEqual(try parsed("EEEE, MMMM d, yyyy", "MONDAY, november 2, 2026"), TimeParts(day: day))
        XCTAssertEqual(try parsed("yyyy-MM-dd'T'HH:mm:ss.SSSXXX", "2026-11-02T12:00:00.5+02:00"), TimeParts(day: day, timeOfDay: noon + 500_000, offset: 7_200))
        XCTAssertEqual(try parsed("unix", "1700000000.1234567"), TimeParts(instant: 1_700_000_000_123_456))
        XCTAssertEqual(try parsed("unix_ms", "1700000000123"), TimeParts(instant: 1_700_000_000_123_000))
        for (pattern, text) in [("ddMMyyyy", "2112026"), ("ddMMyyyy", "31022026"), ("HH:mm", "24:30"), ("unix", "x"), ("dd.MM.yyyy", "02.11.2026 "), ("unix", "1e"), ("d MMMM yyyy", "2 Nov 2026"), ("EEE d", "Day 2"), ("MMM", "Ma")] {
            XCTAssertNil(try parsed(pattern, text), "\(pattern) \(text)")
        }
        for bad in ["qq", "yyy", "'open", "--", "MMMMM", "EEEEE"] { XCTAssertThrowsError(try TimeFormat(bad), bad) }
    }

    /// Offsets and local times of many zones against Foundation's, which reads the same database by another way.
    func test_zones_randomInstants_agreeWithFoundation() throws {
        var random = SplitMix64(state: 0x2013E)
        for name in ["Europe/Kyiv", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "America/Sao_Paulo", "Africa/Casablanca", "UTC", "Pacific/Apia", "Asia/Kathmandu", "Europe/Dublin"] {
            let rules = try XCTUnwrap(ZoneRules.named(name), name)
            let zone = try XCTUnwrap(TimeZone(identifier: name == "UTC" ? "GMT" : name))
            for _ in 0..<2_000 {
                // 1970 to 2037: where Foundation reads transitions, not rules.
                let instant = Int64.random(in: 0..<2_114_380_800, using: &random)
                let offset = zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(instant)))
                XCTAssertEqual(rules.offset(at: instant), offset, "\(name) \(instant)")
                let local = instant + Int64(offset)
                let found = try XCTUnwrap(rules.instant(ofLocal: local), "\(name) \(instant)")
                XCTAssertEqual(found + Int64(rules.offset(at: found)), local)
                XCTAssertLessThanOrEqual(found, instant)
            }
        }
        for bad in ["", "Nowhere/City", "../etc/passwd", "/etc/passwd", "Europe", "zone.tab", "a b"] { XCTAssertNil(ZoneRules.named(bad), bad) }
    }

    func test_zones_gapsAndDoubledHours_areKnown() throws {
        let kyiv = try XCTUnwrap(ZoneRules.named("Europe/Kyiv"))
        func local(_ year: Int, _ month: Int, _ day: Int, _ hour: Int, _ minute: Int) -> Int64 {
            Int64(CivilDate.days(year: year, month: month, day: day)) * 86_400 + Int64(hour * 3_600 + minute * 60)
        }
        // By the rule of the footer, far past the last transition of the file.
        for (year, spring, autumn) in [(2026, 29, 25), (2090, 26, 29)] {
            XCTAssertNil(kyiv.instant(ofLocal: local(year, 3, spring, 3, 0)))
            XCTAssertNil(kyiv.instant(ofLocal: local(year, 3, spring, 3, 59)))
            XCTAssertEqual(kyiv.instant(ofLocal: local(year, 3, spring, 4, 0)), local(year, 3, spring, 1, 0))
            XCTAssertEqual(kyiv.instant(ofLocal: local(year, 10, autumn, 3, 30)), local(year, 10, autumn, 0, 30))
            XCTAssertEqual(kyiv.instant(ofLocal: local(year, 10, autumn, 4, 0)), local(year, 10, autumn, 2, 0))
        }
        // Two changes within a day: what holds between them holds neither a day before nor a day after.
        let hasty = ZoneRules(name: "hasty", transitions: [100_000, 150_000], offsets: [0, 3_600, 7_200], footer: nil)
        XCTAssertEqual(hasty.instant(ofLocal: 123_600), 120_000)
        XCTAssertNil(hasty.instant(ofLocal: 102_000), "skipped by the first")
        // Samoa skipped a whole day.
        XCTAssertNil(try XCTUnwrap(ZoneRules.named("Pacific/Apia")).instant(ofLocal: local(2011, 12, 30, 12, 0)))
    }

    /// An offset from the first or the last instant may lead past what 64 bits hold: the day is then that of the instant itself.
    func test_zones_daysOfTheFirstAndTheLastInstants_areTold() throws {
        for name in ["Europe/Kyiv", "America/New_York", "UTC"] {
            let rules = try XCTUnwrap(ZoneRules.named(name), name)
            for instant in [Int64.min, .min + 999_998, .max - 1, .max] {
                let (day, utc) = (rules.day(ofMicroseconds: instant), CivilDate.day(ofMicroseconds: instant))
                XCTAssertLessThanOrEqual(abs(Int(day) - Int(utc)), 1, "\(name) \(instant)")
            }
        }
        XCTAssertEqual(try XCTUnwrap(ZoneRules.named("Europe/Kyiv")).day(ofMicroseconds: -1), 0)
        XCTAssertEqual(try XCTUnwrap(ZoneRules.named("America/New_York")).day(ofMicroseconds: 0), -1)
    }

    func test_civil_daysAndDates_areInverse() {
        for days in stride(from: -800_000, through: 3_000_000, by: 97) {
            let (year, month, day) = CivilDate.civil(days: days)
            XCTAssertEqual(CivilDate.days(year: year, month: month, day: day), days)
        }
        XCTAssertEqual(CivilDate.text(days: 20_777), "2026-11-20")
        XCTAssertEqual(CivilDate.text(microseconds: -1), "1969-12-31T23:59:59.999999Z")
    }
}
