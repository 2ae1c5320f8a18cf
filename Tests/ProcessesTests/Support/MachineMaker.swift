import ColumnStore
import TestSupport

/// State machines at random, which keep to what every interpreter of the language understands alike.
struct MachineMaker {
    var random: SplitMix64
    /// Waits, timeouts and heartbeats too, which an interpreter with a real clock cannot be asked about.
    var hasClocks = true
    /// States with several retriers, and branches that fail beside each other: which of them does so first is told alike by the same program alone.
    var isBold = false
    private var names = 0
    private var tasks = 0

    init(random: SplitMix64) { self.random = random }

    mutating func below(_ count: Int) -> Int { Int(random.next() % UInt64(max(count, 1))) }
    private mutating func pick<Element>(_ among: [Element]) -> Element { among[below(among.count)] }

    mutating func machine() -> JSONValue {
        (names, tasks) = (0, 0)
        return scope(depth: 2, isQuiet: false)
    }

    /// - Parameter isQuiet: nothing in it fails, so that what runs beside it need not be ended in time.
    private mutating func scope(depth: Int, isQuiet: Bool) -> JSONValue {
        let count = 1 + below(depth == 2 ? 5 : 3)
        let own = (0..<count).map { _ -> String in
            names += 1
            return "S\(names)"
        }
        var states: [JSONValue.Member] = []
        for (index, name) in own.enumerated() {
            // Only forward, so that it ends.
            let next = index + 1 < count ? Array(own[(index + 1)...]) : []
            states.append(.init(name, state(next, depth: depth, isQuiet: isQuiet)))
        }
        return .object([.init("StartAt", .string(own[0])), .init("States", .object(states))])
    }

    private mutating func state(_ next: [String], depth: Int, isQuiet: Bool) -> JSONValue {
        var members: [JSONValue.Member] = []
        let kind = below(depth > 0 ? 12 : 9)
        switch kind {
        case 0, 1, 2:
            members.append(.init("Type", .string("Pass")))
            data(&members, hasSelector: false)
            if below(3) == 0 { members.append(.init("Result", pick([.integer(7), .string("r"), .object([.init("q", .integer(1))]), .array([.integer(1), .integer(2)])]))) }
        case 3, 4, 5:
            tasks += 1
            let words = isQuiet ? [] : (0..<below(4)).map { _ in pick(["ok", "E1", "E2", "E1"]) }
            members += [.init("Type", .string("Task")), .init("Resource", .string((["till:call:f\(tasks)"] + words).joined(separator: "-")))]
            if hasClocks, below(3) == 0 { members.append(.init("TimeoutSeconds", .integer(30))) }
            if hasClocks, below(3) == 0 { members.append(.init("HeartbeatSeconds", .integer(10))) }
            data(&members, hasSelector: true)
            handling(&members, next)
        case 6 where !next.isEmpty: return choice(next)
        case 7 where next.isEmpty: return .object([.init("Type", .string("Succeed"))])
        case 8 where next.isEmpty && !isQuiet: return .object([.init("Type", .string("Fail")), .init("Error", .string("F1")), .init("Cause", .string("c"))])
        case 8 where hasClocks: members += [.init("Type", .string("Wait")), .init("Seconds", .integer(below(20)))]
        case 9, 10:
            // One branch at most fails, but for a bold machine.
            let branches = (0...below(isBold ? 3 : 2)).map { index in scope(depth: depth - 1, isQuiet: isQuiet || index > 0 && !isBold) }
            members += [.init("Type", .string("Parallel")), .init("Branches", .array(branches))]
            if below(3) == 0 { members.append(.init("ResultPath", .string("$.p"))) }
            handling(&members, next)
        case 11:
            let iteration = scope(depth: depth - 1, isQuiet: isQuiet)
            members += [.init("Type", .string("Map")), .init("ItemsPath", .string("$.l")), .init("ItemProcessor", iteration), .init("MaxConcurrency", .integer(hasClocks ? below(3) : 1))]
            let selector: [JSONValue.Member] = [.init("l.$", .string("$.l")), .init("a.$", .string("$$.Map.Item.Value")), .init("b.$", .string("$$.Map.Item.Index"))]
            members.append(.init("ItemSelector", .object(selector)))
            if below(3) > 0 { members.append(.init("ResultPath", .string("$.m"))) }
            handling(&members, next)
        default: members.append(.init("Type", .string("Pass")))
        }
        members.append(next.isEmpty ? .init("End", .boolean(true)) : .init("Next", .string(pick(next))))
        return .object(members)
    }

    private mutating func data(_ members: inout [JSONValue.Member], hasSelector: Bool) {
        if below(6) == 0 { members.append(.init("InputPath", .string(pick(["$", "$.o", "$.missing"])))) }
        if below(3) == 0 {
            let texts = [
                "$.a", "$.l[0]", "$.l[*]", "$.o.x", "$$.State.Name", "States.Format('{}-{}', $.a, 'x')", "States.Array($.a, 1)", "States.MathAdd(1, 2)", "States.ArrayLength($.l)", "States.JsonToString($.o)",
                "States.StringSplit('a,b', ',')", "States.ArrayRange(1, 5, 2)", "States.Base64Encode('abc')", "States.Hash('abc', 'SHA-256')", "States.ArrayContains($.l, 2)", "States.ArrayGetItem($.l, 1)",
                "States.ArrayPartition($.l, 2)", "States.JsonMerge($.o, $.o, false)", "$.o", "$.l",
            ]
            members.append(
                .init("Parameters", .object([.init("l.$", .string("$.l")), .init("o", .object([.init("x", .integer(below(5)))])), .init("a.$", .string(pick(texts)))])))
        }
        if hasSelector, below(5) == 0 { members.append(.init("ResultSelector", .object([.init("a.$", .string("$.a")), .init("l.$", .string("$.l")), .init("o", .object([.init("x", .integer(2))]))]))) }
        switch below(5) {
        case 0: members.append(.init("ResultPath", .null))
        case 1: members.append(.init("ResultPath", .string(pick(["$.r", "$.o.r", "$.a2.b"]))))
        default: break
        }
        if below(8) == 0 { members.append(.init("OutputPath", .string(pick(["$", "$.r", "$.o"])))) }
    }

    private mutating func handling(_ members: inout [JSONValue.Member], _ next: [String]) {
        if below(2) == 0 {
            var retriers: [JSONValue] = []
            // What names all errors stands behind all others.
            if isBold { for _ in 0..<below(3) { retriers.append(retrier(pick([["E1"], ["E2", "F1"], ["F1"]]))) } }
            retriers.append(retrier(pick([["E1"], ["E2", "F1"], ["States.ALL"], ["States.TaskFailed"]])))
            members.append(.init("Retry", .array(retriers)))
        }
        if !next.isEmpty, below(2) == 0 {
            let errors = pick([["E1"], ["E2", "F1"], ["States.ALL"]])
            var catcher: [JSONValue.Member] = [.init("ErrorEquals", .array(errors.map(JSONValue.string))), .init("Next", .string(pick(next)))]
            catcher.append(.init("ResultPath", pick([.string("$.e"), .null])))
            members.append(.init("Catch", .array([.object(catcher)])))
        }
    }

    private mutating func retrier(_ errors: [String]) -> JSONValue {
        .object([.init("ErrorEquals", .array(errors.map(JSONValue.string))), .init("MaxAttempts", .integer(below(3))), .init("IntervalSeconds", .integer(1))])
    }

    private mutating func choice(_ next: [String]) -> JSONValue {
        // Never of what is not there: that is an error here and by the specification, and false elsewhere.
        let tests: [(String, JSONValue.Member)] = [
            ("$.o.x", .init("NumericGreaterThan", .integer(below(4)))), ("$.a", .init("StringEquals", .string("t"))), ("$.l", .init("IsNull", .boolean(false))),
            ("$.o.x", .init("NumericEquals", .integer(2))), ("$.a", .init("IsString", .boolean(true))),
        ]
        let rules: [[JSONValue.Member]] = tests.map { variable, test in
            let presence = JSONValue.object([.init("Variable", .string(variable)), .init("IsPresent", .boolean(true))])
            return [.init("And", .array([presence, .object([.init("Variable", .string(variable)), test])]))]
        } + [[.init("Variable", .string("$.r")), .init("IsPresent", .boolean(true))], [.init("Not", .object([.init("Variable", .string("$.e")), .init("IsPresent", .boolean(true))]))]]
        let choices = (0...below(2)).map { _ in JSONValue.object(pick(rules) + [.init("Next", .string(pick(next)))]) }
        var members: [JSONValue.Member] = [.init("Type", .string("Choice")), .init("Choices", .array(choices))]
        if below(4) > 0 { members.append(.init("Default", .string(pick(next)))) }
        return .object(members)
    }

    /// An input that such machines can work with.
    static let input = #"{"a":"t","l":[1,2,3],"o":{"x":2},"r":null}"#
}
