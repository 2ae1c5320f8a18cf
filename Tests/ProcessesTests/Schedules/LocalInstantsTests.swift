import Documents
import XCTest

@testable import Processes

/// Goal: every instant at which clocks show a time is found, and where they never do, the jump over it. Method: hours around changes of clocks, by half an hour, an hour and a whole day,
/// against a look at each quarter of an hour.
final class LocalInstantsTests: XCTestCase {
    private static let quarter = 900

    func test_instants_aroundChangesOfClocks_areThoseThatShowTheTime() throws {
        // Forward and back: in spring and autumn of both hemispheres; Samoa left out the 30th of December 2011.
        for (name, day) in [
            ("Europe/Kyiv", "2024-03-31"), ("Europe/Kyiv", "2024-10-27"), ("America/New_York", "2024-03-10"), ("America/New_York", "2024-11-03"), ("Australia/Lord_Howe", "2024-04-07"),
            ("Australia/Lord_Howe", "2024-10-06"), ("Pacific/Apia", "2011-12-30"), ("Asia/Kathmandu", "2024-05-05"), ("UTC", "2024-02-29"),
        ] {
            let zone = try XCTUnwrap(ZoneRules.named(name), name)
            let noon = try XCTUnwrap(Self.seconds(day)) + 43_200, hour: Int64 = 3_600
            for local in stride(from: noon - 30 * hour, through: noon + 30 * hour, by: Self.quarter) {
                // No clock is further from UTC than 14 hours.
                let near = stride(from: local - 15 * hour, through: local + 15 * hour, by: Self.quarter)
                func shown(_ instant: Int64) -> Int64 { instant + Int64(zone.offset(at: instant)) }
                let wanted = near.filter { shown($0) == local }
                XCTAssertEqual(LocalInstants.instants(ofLocal: local, in: zone), wanted, "\(name), \(local)")
                guard wanted.isEmpty else { continue }
                let jump = near.first { shown($0) > local }
                XCTAssertEqual(LocalInstants.jump(over: local, in: zone), jump, "\(name), \(local)")
            }
        }
    }

    private static func seconds(_ day: String) -> Int64? {
        let parts = day.split(separator: "-").compactMap { Int($0) }
        guard parts.count == 3 else { return nil }
        return Int64(CivilDate.days(year: parts[0], month: parts[1], day: parts[2])) * 86_400
    }
}
