import ColumnStore
import Foundation

/// A zone of tzdata, and what it says of instants at the ends of their range.
extension Door {
    static let timeZone = Door(
        name: "time-zone",
        seeds: {
            ["Europe/Kyiv", "America/New_York", "Asia/Tehran", "UTC"].compactMap { name in
                (try? Data(contentsOf: URL(fileURLWithPath: "/usr/share/zoneinfo/\(name)"))).map { [UInt8]($0) }
            }
        },
        fuzz: { input in
            let rules = try TimeZoneRules.parse([UInt8](input), name: "input")
            for microseconds in [Int64.min, Int64.max, 0, 1_700_000_000_000_000, -1, 4_000_000_000_000_000] {
                let seconds = microseconds / 1_000_000
                _ = rules.offset(atUTCSeconds: seconds)
                _ = rules.abbreviation(atUTCSeconds: seconds)
                _ = rules.span(atUTCSeconds: seconds)
                _ = rules.local(fromUTC: microseconds)
                _ = rules.utc(fromLocal: microseconds)
            }
        })
}
