import Cluster
import ClusterSimulation
import XCTest

/// Goal: no rule stands without need, and the checker sees what each is there for. Method: a node without it, in worlds that lean towards it, until the checker fails.
final class RulesTests: XCTestCase {
    func test_checker_withoutEachRule_fails() {
        for (name, rule) in Rules.names where !Self.rare.contains(rule) {
            // Some hundred at most: how many, each change of the node draws anew.
            XCTAssertNotNil(Self.found(without: rule, seeds: 1...4_000), "the checker has found nothing without \(name)")
        }
    }

    /// What takes more worlds than a test has time for: by hand, `till-simulate 1 1000 sealing`. The other two cover for each other in all worlds so far (0051).
    private static let rare: Rules = [.promise, .sealing, .readFirst]

    func test_names_areAllRules() {
        XCTAssertEqual(Rules.names.reduce(into: Rules()) { $0.insert($1.rule) }, .all)
        XCTAssertEqual(Set(Rules.names.map(\.name)).count, Rules.names.count)
    }

    private static func found(without rule: Rules, seeds: ClosedRange<UInt64>) -> String? {
        for seed in seeds {
            var simulation = Simulation(seed: seed, without: rule)
            if let words = simulation.run().violation { return words }
        }
        return nil
    }
}
