import ColumnStore
import Documents
import Processes

/// State machines, their paths, their states as bytes and their schedules.
extension Door {
    static let processes: [Door] = [stateMachine, statePath, execution, cron]

    private static let definitions = [
        #"{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"till:call:x","Retry":[{"ErrorEquals":["E"],"JitterStrategy":"FULL"}],"Catch":[{"ErrorEquals":["States.ALL"],"ResultPath":"$.e","Next":"B"}],"TimeoutSeconds":9,"HeartbeatSeconds":3,"Next":"B"},"B":{"Type":"Choice","Choices":[{"Variable":"$.a","NumericGreaterThan":1,"Next":"C"}],"Default":"D"},"C":{"Type":"Wait","Seconds":5,"Next":"D"},"D":{"Type":"Succeed"}}}"#,
        #"{"on":[{"schedule":"*/5 3 * * 1","time_zone":"Europe/Kyiv"},{"topic":"till","where":"x"}],"StartAt":"M","States":{"M":{"Type":"Map","ItemsPath":"$.l","MaxConcurrency":2,"ItemSelector":{"v.$":"$$.Map.Item.Value"},"ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Task","Resource":"till:queue:q","End":true}}},"ToleratedFailureCount":1,"ItemBatcher":{"MaxItemsPerBatch":2},"ResultPath":"$.r","End":true}}}"#,
        #"{"StartAt":"P","States":{"P":{"Type":"Parallel","Branches":[{"StartAt":"X","States":{"X":{"Type":"Pass","Parameters":{"a.$":"States.Format('{}', $.a)"},"Next":"X2"},"X2":{"Type":"Fail","Error":"E"}}},{"StartAt":"Y","States":{"Y":{"Type":"Task","Resource":"till:sql","End":true}}}],"Retry":[{"ErrorEquals":["E"],"MaxAttempts":1}],"End":true}}}"#,
        #"{"StartAt":"A","States":{"A":{"Type":"Pass","Parameters":{"a.$":"$","b.$":"$..*"},"Next":"A"}}}"#,
        #"{"StartAt":"R","States":{"R":{"Type":"Map","ItemReader":{"Resource":"till:upload","Parameters":{"u":1},"ReaderConfig":{"MaxItems":3}},"ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Succeed"}}},"End":true}}}"#,
    ]
    private static let input = #"{"a":2,"l":[1,2.50,"x",null,{"b":[]}],"t":"2020-01-01T00:00:00Z"}"#

    private static func moment(_ count: Int) -> Moment { Moment(now: 1_700_000_000_000_000 + Int64(count) * 1_000_000, secret: [UInt8(truncatingIfNeeded: count)]) }

    /// Carries an execution on by what it awaits, and holds what must always hold.
    private static func carry(_ start: Execution, of machine: Machine, events: Int) throws {
        var execution = start
        for count in 1...events {
            let awaited = execution.awaited
            let event: Event
            switch awaited.isEmpty ? nil : awaited[count % awaited.count] {
            case nil:
                guard execution.status != .succeeded, count < events / 2 else { return }
                event = .redrive
            case .proceed?: event = .proceed
            case .timer(let frame, let serial, _)?: event = .timerFired(frame: frame, serial: serial)
            case .task(let token)?:
                let page = JSONValue.object([.init("items", .array([.integer(count), .null])), .init("last", .boolean(count % 3 == 0)), .init("a", .integer(count))])
                event = count % 4 == 3 ? .taskFailed(token: token, StateError(name: "E", cause: nil)) : .taskSucceeded(token: token, output: page)
            }
            let outcome = Transition.apply(event, to: execution, of: machine, at: moment(count))
            execution = outcome.execution
        }
    }

    private static let stateMachine = Door(
        name: "state-machine",
        seeds: { definitions.map { Array(($0 + "\n" + input).utf8) } },
        words: { ["Pass", "Task", "Choice", "Map", "Parallel", "Retry", "Catch", "$.a", "$..*", "$$.Execution", "ResultPath", "States.Format('{}', $.a)", "States.ALL", "till:process:p", "Parameters", "a.$"] },
        fuzz: { bytes in
            let parts = bytes.split(separator: UInt8(ascii: "\n"), maxSplits: 1)
            guard let first = parts.first else { return }
            let machine = try DefinitionReader.read(Array(first))
            let data = parts.count > 1 ? try ValueLimits.parse(Array(parts[1])) : .null
            let identity = Execution.Identity(id: "e", name: "n", machineID: "m", machineName: "m")
            let start = try Transition.start(machine, identity, input: data, at: moment(0))
            precondition(start.execution.stuckFrames.isEmpty, "a frame that awaits nothing")
            try carry(start.execution, of: machine, events: 30)
        })

    private static let statePath = Door(
        name: "state-path",
        seeds: {
            ["$.l[?(@.b && @ != 'x')]", "$..b[*]", "$.l[-2:]", "$['a','l']", "States.Format('{}-\\'{}', $.a, States.ArrayUnique($.l))", "States.StringSplit(States.JsonToString($), '{,')", "States.ArrayRange(1, $.a, -1)"].map { Array($0.utf8) }
        },
        words: { Intrinsic.allCases.map(\.rawValue) + ["$.", "$..", "[*]", "[?(", "@.a", "&&", "||", "==", "in", "subsetof", "'x'", "[1:2]"] },
        fuzz: { bytes in
            let text = String(decoding: bytes, as: UTF8.self)
            let data = try ValueLimits.parse(Array(input.utf8))
            if let path = try? Path(text) {
                // What a definite path finds can be put back where it was.
                var steps = Steps(1_000_000)
                let found = try path.find(in: data, &steps)
                if path.isReference, path.root == .data, let found {
                    let same = try path.putting(found, into: data, &steps)
                    precondition(same == data, "putting back what was found changes something")
                }
            }
            var evaluation = Evaluation(data: data, context: data, chance: Chance(secret: [1]), steps: Steps(1_000_000))
            _ = try evaluation.value(of: Expression(text))
        })

    private static let execution = Door(
        name: "execution",
        seeds: {
            try definitions.enumerated().flatMap { index, text -> [[UInt8]] in
                let machine = try DefinitionReader.read(Array(text.utf8))
                let data = try ValueLimits.parse(Array(input.utf8))
                let start = try Transition.start(machine, .init(id: "e", name: "n", machineID: "m", machineName: "m"), input: data, at: moment(0))
                let later = Transition.apply(.abort, to: start.execution, of: machine, at: moment(1))
                return [start.execution, later.execution].map { [UInt8(index)] + ExecutionCoder.encode($0) }
            }
        },
        fuzz: { bytes in
            guard let first = bytes.first else { return }
            let machine = try DefinitionReader.read(Array(definitions[Int(first) % definitions.count].utf8))
            let execution = try ExecutionCoder.decode(Array(bytes.dropFirst()), of: machine)
            let again = try ExecutionCoder.decode(ExecutionCoder.encode(execution), of: machine)
            precondition(again == execution, "written and read again it is another")
            try carry(execution, of: machine, events: 12)
        })

    private static let cron = Door(
        name: "cron",
        seeds: { ["0 3 * * *", "*/15 8-18/2 1,15 JAN-MAR MON-FRI", "@weekly", "30 2 29 2 *"].map { Array($0.utf8) } },
        words: { ["*", "*/", "MON", "DEC", "@daily", "1-5", "59", "23"] },
        fuzz: { bytes in
            let expression = try CronExpression(String(decoding: bytes, as: UTF8.self))
            for name in ["UTC", "Europe/Kyiv", "Australia/Lord_Howe"] {
                guard let zone = ZoneRules.named(name) else { continue }
                let schedule = Schedule(expression, in: zone)
                var instant: Int64 = 1_774_700_000
                for _ in 0..<4 {
                    guard let next = schedule.next(after: instant) else { break }
                    precondition(next > instant && next % 60 == 0, "an instant that is not later")
                    instant = next
                }
            }
        })
}
