import TestSupport
import XCTest

@testable import Server

/// Goal: whatever comes and ends, long jobs leave threads to others and one to short jobs, and no thread is idle while a job may have it. Method: random histories of three owners with jobs of both kinds,
/// held against the rules as they are said, and histories by hand.
final class PoolTurnsTests: XCTestCase {
    private final class Owner {}

    private struct One {
        let line: PoolLine
        let ticket: Int
        let job: Int
        let lateAt: Double?
    }

    /// Whether the rules give one more job of a line a thread.
    private func may(_ line: PoolLine, _ running: [PoolLine], _ waiting: [One], _ limits: WorkerPool.Limits) -> Bool {
        func mayRun(_ line: PoolLine) -> Bool {
            guard line.isLong else { return true }
            let long = running.filter(\.isLong)
            let own = long.count { $0.owner == line.owner }
            return long.count < max(1, limits.threadCount - 1) && own < max(1, (limits.threadCount - (long.count - own)) / 2)
        }
        guard running.count < limits.threadCount, mayRun(line) else { return false }
        let own = running.filter { $0.owner == line.owner }
        if own.count < max(limits.ownRunningMax, own.count { $0.isLong } + 1) { return true }
        return limits.lendsIdle && waiting.allSatisfy { $0.line.owner == line.owner || !mayRun($0.line) }
    }

    private func history(_ random: inout SplitMix64, _ words: String) {
        func draw(_ count: Int) -> Int { Int(random.next() % UInt64(count)) }
        let owners = (0..<3).map { _ in Owner() }
        let lines = owners.flatMap { owner in [false, true].map { PoolLine(owner: ObjectIdentifier(owner), isLong: $0) } }
        let limits = WorkerPool.Limits(threadCount: 1 + draw(9), waitingMax: 1 + draw(8), lendsIdle: draw(2) == 0)
        var turns = PoolTurns<Int>(limits)
        var waiting: [One] = []
        var running: [PoolLine] = []

        func begin() {
            while running.count < limits.threadCount, let next = turns.next() {
                XCTAssertTrue(may(next.line, running, waiting, limits), "\(words): \(next.line) beside \(running)")
                guard let place = waiting.firstIndex(where: { $0.line == next.line }) else { return XCTFail("\(words): it does not wait") }
                XCTAssertEqual(waiting.remove(at: place).job, next.job, words)
                running.append(next.line)
            }
            if let idle = waiting.first(where: { may($0.line, running, waiting, limits) }) { XCTFail("\(words): \(idle.line) waits beside \(running)") }
            XCTAssertTrue(turns.load == (waiting.count, running.count), words)
            let most = [false, true].map { isLong in waiting.count { $0.line.isLong == isLong } }.max() ?? 0
            XCTAssertEqual(turns.isHalfTaken, most > limits.waitingMax / 2, words)
        }

        for step in 0..<80 {
            switch draw(6) {
            case 3 where !running.isEmpty: turns.end(running.remove(at: draw(running.count)))
            case 4 where !waiting.isEmpty:
                let one = waiting.remove(at: draw(waiting.count))
                XCTAssertTrue(turns.drop(one.ticket, of: one.line), words)
                XCTAssertFalse(turns.drop(one.ticket, of: one.line), words)
                // No thread is woken for it.
                if running.count < limits.threadCount { XCTAssertTrue(turns.next() == nil, words) }
            case 5:
                let now = Double(step) - 10
                XCTAssertEqual(turns.earliestLate, waiting.compactMap(\.lateAt).min(), words)
                let late = waiting.filter { one in one.lateAt.map { $0 <= now } ?? false }.map(\.job)
                XCTAssertEqual(turns.takeLate(by: now).sorted(), late.sorted(), words)
                waiting.removeAll { late.contains($0.job) }
            default:
                let line = lines[draw(lines.count)]
                let lateAt = draw(2) == 0 ? Double(step) : nil
                let hasRoom = waiting.count { $0.line.isLong == line.isLong } < limits.waitingMax && waiting.count { $0.line == line } < limits.ownWaitingMax
                let ticket = turns.add(step, to: line, lateAt: lateAt)
                XCTAssertEqual(ticket != nil, hasRoom, words)
                if let ticket { waiting.append(One(line: line, ticket: ticket, job: step, lateAt: lateAt)) }
            }
            begin()
        }
        while !running.isEmpty {
            turns.end(running.removeFirst())
            begin()
        }
        XCTAssertTrue(waiting.isEmpty, words)
        withExtendedLifetime(owners) {}
    }

    func test_randomHistories_keepTheRules_andAllJobsBegin() {
        for seed in SourceSeed.histories("Sources/Server/Work") {
            var random = SplitMix64(state: seed)
            for round in 0..<200 { history(&random, "seed \(seed), round \(round)") }
        }
    }

    /// Whoever has its share waits for its own jobs: it wants nobody's thread.
    func test_longJobs_haveHalfOfWhatOthersLeave_andNeverTheLastThread() {
        for (threadCount, shares) in [(16, [8, 4, 2, 1, 0]), (8, [4, 2, 1, 0, 0]), (4, [2, 1, 0, 0, 0]), (2, [1, 0, 0, 0, 0]), (1, [1, 0, 0, 0, 0])] {
            var turns = PoolTurns<Int>(WorkerPool.Limits(threadCount: threadCount, waitingMax: 100, lendsIdle: true))
            let owners = shares.map { _ in Owner() }
            for (place, share) in shares.enumerated() {
                let line = PoolLine(owner: ObjectIdentifier(owners[place]), isLong: true)
                for job in 0..<10 { XCTAssertNotNil(turns.add(job, to: line)) }
                var count = 0
                while turns.next() != nil { count += 1 }
                XCTAssertEqual(count, share, "\(place) of \(threadCount) threads")
                XCTAssertEqual(turns.isCrowded, share == 0, "\(place) of \(threadCount) threads")
            }
            withExtendedLifetime(owners) {}
        }
    }

    /// Streams come beside them, of all others too, and do not end.
    func test_pagesWithoutEndOfOneOwner_keepAnothersPageWaitingForOneOfThemAtMost() {
        let pageTime = 100
        for seed in SourceSeed.histories("Sources/Server/Work") {
            var random = SplitMix64(state: seed)
            func draw(_ count: Int) -> Int { Int(random.next() % UInt64(count)) }
            for round in 0..<100 {
                let owners = (0..<4).map { _ in Owner() }
                func line(_ owner: Int, isLong: Bool) -> PoolLine { PoolLine(owner: ObjectIdentifier(owners[owner]), isLong: isLong) }
                let greedy = line(0, isLong: false), own = line(1, isLong: false)
                let threadCount = 2 + draw(8)
                var turns = PoolTurns<Int>(WorkerPool.Limits(threadCount: threadCount, waitingMax: 100, lendsIdle: draw(2) == 0))
                var running: [(line: PoolLine, endsAt: Int)] = []
                var greedyCount = 0
                var cameAt: Int?
                func begin(_ now: Int) {
                    while greedyCount < 3, turns.add(0, to: greedy) != nil { greedyCount += 1 }
                    while running.count < threadCount, let next = turns.next() {
                        if next.line == greedy { greedyCount -= 1 }
                        if next.line == own { cameAt = nil }
                        running.append((next.line, next.line.isLong ? .max : now + (draw(2) == 0 ? pageTime : 1 + draw(pageTime))))
                    }
                }
                for now in 0..<1_000 {
                    while let place = running.firstIndex(where: { $0.endsAt <= now }) {
                        turns.end(running.remove(at: place).line)
                        begin(now)
                    }
                    if draw(40) == 0 { _ = turns.add(0, to: line([0, 2, 3][draw(3)], isLong: true)) }
                    if cameAt == nil, draw(10) == 0, !running.contains(where: { $0.line == own }), turns.add(0, to: own) != nil { cameAt = now }
                    begin(now)
                    if let cameAt, now - cameAt > pageTime { return XCTFail("seed \(seed), round \(round): it waits since \(cameAt) at \(now) beside \(running)") }
                }
                withExtendedLifetime(owners) {}
            }
        }
    }

    /// Whoever asks for pages all the time has turns for its long jobs as others have.
    func test_longJobs_areNotPassedOver_forTheirOwnersShortOnes() {
        var turns = PoolTurns<Int>(WorkerPool.Limits(threadCount: 2, waitingMax: 100, lendsIdle: true))
        let owners = (0..<3).map { _ in Owner() }
        func line(_ owner: Int, isLong: Bool) -> PoolLine { PoolLine(owner: ObjectIdentifier(owners[owner]), isLong: isLong) }
        for job in 0..<6 { XCTAssertNotNil(turns.add(job, to: line(1 + job % 2, isLong: true))) }
        XCTAssertNotNil(turns.add(6, to: line(0, isLong: true)))
        var begun: [PoolLine] = []
        for _ in 0..<5 {
            XCTAssertNotNil(turns.add(0, to: line(0, isLong: false)))
            while let next = turns.next() { if next.line.isLong { begun.append(next.line) } else { turns.end(next.line) } }
            if let last = begun.last { turns.end(last) }
        }
        XCTAssertEqual(begun, [line(1, isLong: true), line(2, isLong: true), line(0, isLong: true), line(1, isLong: true), line(2, isLong: true)])
        withExtendedLifetime(owners) {}
    }
}
