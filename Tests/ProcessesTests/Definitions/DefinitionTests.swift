import ColumnStore
import Foundation
import Processes
import TestSupport
import XCTest

/// Goal: a definition is taken whole or refused with every fault at its place. Method: faults by the dozen with their pointers; bounds; broken texts at random.
final class DefinitionTests: XCTestCase {
    private let tasks = TaskVocabulary([
        ResourceKind("call", naming: "endpoint"), ResourceKind("sql", uses: [.task, .items]), ResourceKind("post"), ResourceKind("upload", uses: [.items]),
    ])

    private func faults(_ text: String) -> [String] {
        do {
            _ = try DefinitionReader.read(Array(text.utf8), DefinitionSurroundings(conditionFault: { $0 == "bad" ? "no condition" : nil }, tasks: tasks))
            return []
        } catch {
            return error.faults.map { "\($0.pointer) \($0.code.rawValue)" }
        }
    }

    private func faults(of state: String) -> [String] {
        faults(machineText("S", [("S", state), ("T", #"{"Type":"Succeed"}"#)])).map { $0.replacingOccurrences(of: "/States/S", with: "") }
    }

    func test_read_ofEverything_isTaken() throws {
        let text = """
            {"Comment":"c","Version":"1.0","QueryLanguage":"JSONPath","TimeoutSeconds":9,"on":[{"topic":"till","where":"type = 'x'"},{"topic":"t"},{"schedule":"0 3 * * *","time_zone":"Europe/Kyiv"},{"schedule":"@daily","time_zone":null}],
            "StartAt":"A","States":{"A":{"Type":"Task","Comment":"c","Resource":"till:call:x","Next":"B","InputPath":"$","OutputPath":null,"Parameters":{"a.$":"$.b"},"ResultSelector":{},"ResultPath":"$.r[0]",
            "TimeoutSecondsPath":"$.t","HeartbeatSeconds":4,"Retry":[{"ErrorEquals":["States.Timeout","X"],"IntervalSeconds":1,"MaxAttempts":0,"BackoffRate":1.5,"MaxDelaySeconds":2,"JitterStrategy":"FULL"},
            {"ErrorEquals":["States.ALL"]}],"Catch":[{"ErrorEquals":["States.ALL"],"ResultPath":null,"Next":"B"}]},
            "B":{"Type":"Parallel","Branches":[{"StartAt":"B1","States":{"B1":{"Type":"Wait","TimestampPath":"$.t","End":true}}}],"Next":"C"},
            "C":{"Type":"Map","ItemsPath":"$.l","MaxConcurrencyPath":"$.m","ToleratedFailurePercentage":2.5,"ToleratedFailureCountPath":"$.c","ItemSelector":{"x.$":"$$.Map.Item.Value"},"Label":"l",
            "ItemBatcher":{"MaxItemsPerBatch":4,"MaxInputBytesPerBatchPath":"$.b","BatchInput":{}},"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"C1","States":{"C1":{"Type":"Pass","Result":1,"End":true}}},"Next":"D"},
            "D":{"Type":"Choice","Choices":[{"And":[{"Not":{"Variable":"$.a","StringEqualsPath":"$.b"}},{"Variable":"$.c","IsNull":true}],"Next":"E","Comment":"c"}],"Default":"F"},
            "E":{"Type":"Succeed"},"F":{"Type":"Fail","ErrorPath":"$.e","Cause":"x"},"G":{"Type":"Map","ItemReader":{"Resource":"till:sql","Parameters":{},"ReaderConfig":{"MaxItems":5}},"Iterator":{"StartAt":"G1","States":{"G1":{"Type":"Succeed"}}},"End":true}}}
            """
        XCTAssertEqual(faults(text), [])
        let machine = try DefinitionReader.read(Array(text.utf8))
        XCTAssertEqual(machine.states.count, 10)
        XCTAssertEqual(machine.scopes.count, 4)
        XCTAssertEqual(machine.starts.count, 4)
        XCTAssertFalse(machine.readsItems)
        XCTAssertEqual(machine.state(named: "C1")?.scope, 2)
    }

    func test_read_everyFault_isSaidWithItsPlace() {
        XCTAssertEqual(faults("{"), [" bad-value"])
        XCTAssertEqual(faults("[]"), [" wrong-type"])
        XCTAssertEqual(faults("{}"), ["/StartAt missing-member", "/States missing-member"])
        XCTAssertEqual(
            faults(#"{"StartAt":"X","States":{"a/b":{"Type":"Pass"}},"Version":"2.0","QueryLanguage":"JSONata","TimeoutSeconds":0,"Foo":1,"on":[{"topic":"t","where":"bad"},{"schedule":"61 * * * *","time_zone":"No/Zone"},{}]}"#).sorted(),
            [
                "/Foo unknown-member", "/QueryLanguage not-supported", "/StartAt unknown-state", "/States/a~1b/Next missing-member", "/TimeoutSeconds bad-value", "/Version not-supported", "/on/0/where bad-expression",
                "/on/1/schedule bad-expression", "/on/1/time_zone bad-value", "/on/2/topic missing-member",
            ])
        let cases: [(String, [String])] = [
            (#"{"Type":"Nothing"}"#, ["/Type bad-value"]), (#"{"End":true}"#, ["/Type missing-member"]), (#"{"Type":"Pass","Next":"X"}"#, ["/Next unknown-state"]), (#"{"Type":"Pass","End":false}"#, ["/End bad-value"]),
            (#"{"Type":"Pass","End":true,"Next":"T"}"#, ["/End bad-value"]), (#"{"Type":"Pass","End":true,"Retry":[]}"#, ["/Retry unknown-member"]), (#"{"Type":"Pass","End":true,"Assign":{}}"#, ["/Assign not-supported"]),
            (#"{"Type":"Pass","End":true,"InputPath":"x","OutputPath":1,"ResultPath":"$.a[*]","Parameters":{"a":[{"b.$":"$."}]}}"#,
                ["/Parameters/a/0/b.$ bad-expression", "/ResultPath bad-expression", "/InputPath bad-expression", "/OutputPath wrong-type"]),
            (#"{"Type":"Task","Resource":"arn:aws:lambda:x","End":true}"#, ["/Resource not-supported"]), (#"{"Type":"Task","Resource":"till:upload","End":true}"#, ["/Resource not-supported"]),
            (#"{"Type":"Task","Resource":"till:call:","End":true}"#, ["/Resource not-supported"]), (#"{"Type":"Task","End":true}"#, ["/Resource missing-member"]),
            (#"{"Type":"Task","Resource":"till:sql","End":true,"TimeoutSeconds":5,"HeartbeatSeconds":5}"#, ["/HeartbeatSeconds bad-value"]),
            (#"{"Type":"Task","Resource":"till:sql","End":true,"TimeoutSeconds":5,"TimeoutSecondsPath":"$.a"}"#, ["/TimeoutSecondsPath bad-value"]),
            (#"{"Type":"Task","Resource":"till:sql","End":true,"Retry":[{"ErrorEquals":["States.ALL"]},{"ErrorEquals":[]}],"Catch":[{"ErrorEquals":["A"],"Next":"X"},{"ErrorEquals":["States.Foo"]}]}"#,
                ["/Retry/0/ErrorEquals bad-value", "/Retry/1/ErrorEquals bad-value", "/Catch/0/Next unknown-state", "/Catch/1/ErrorEquals bad-value", "/Catch/1/Next missing-member"]),
            (#"{"Type":"Task","Resource":"till:sql","End":true,"Retry":[{"ErrorEquals":["A"],"IntervalSeconds":0,"MaxAttempts":-1,"BackoffRate":0.5,"MaxDelaySeconds":0,"JitterStrategy":"X"}]}"#,
                ["/Retry/0/IntervalSeconds bad-value", "/Retry/0/MaxDelaySeconds bad-value", "/Retry/0/JitterStrategy bad-value", "/Retry/0/MaxAttempts bad-value", "/Retry/0/BackoffRate bad-value"]),
            (#"{"Type":"Wait","End":true}"#, [" missing-member"]), (#"{"Type":"Wait","Seconds":1,"Timestamp":"x","End":true}"#, [" bad-value", "/Timestamp bad-value"]),
            (#"{"Type":"Wait","SecondsPath":"$.a[*]","End":true}"#, ["/SecondsPath bad-expression"]),
            (#"{"Type":"Choice","Choices":[],"End":true}"#, ["/Choices bad-value", "/End unknown-member"]), (#"{"Type":"Choice"}"#, ["/Choices missing-member"]),
            (#"{"Type":"Choice","Choices":[{"Variable":"$.a","StringEquals":1,"Next":"T"},{"Variable":"$.a","Next":"T"},{"StringEquals":"a","IsNull":true,"Next":"T"},{"Not":{"Variable":"$","IsNull":1,"Next":"T"},"Next":"X"},{"Variable":"$","BooleanLessThan":true,"Next":"T"}],"Default":"X"}"#,
                [
                    "/Choices/0/StringEquals wrong-type", "/Choices/1 bad-value", "/Choices/2 bad-value", "/Choices/3/Next unknown-state", "/Choices/3/Not/IsNull wrong-type", "/Choices/3/Not/Next unknown-member",
                    "/Choices/4 bad-value", "/Choices/4/BooleanLessThan unknown-member", "/Default unknown-state",
                ]),
            (#"{"Type":"Parallel","Branches":[],"End":true}"#, ["/Branches bad-value"]), (#"{"Type":"Parallel","Branches":[{"StartAt":"S","States":{"S":{"Type":"Succeed"}},"x":1}],"End":true}"#, ["/Branches/0 duplicate-state", "/Branches/0/x unknown-member"]),
            (#"{"Type":"Parallel","Branches":[{"StartAt":"Q","States":{"Q":{"Type":"Pass","Next":"T"}}}],"End":true}"#, ["/Branches/0/States/Q/Next unknown-state"]),
            (#"{"Type":"Map","End":true}"#, ["/ItemProcessor missing-member"]), (#"{"Type":"Map","ItemProcessor":{"StartAt":"Q"},"MaxConcurrency":-1,"Foo":1,"Next":"X"}"#, ["/ItemProcessor/States missing-member", "/MaxConcurrency bad-value", "/Next unknown-state", "/Foo unknown-member"]),
            (#"{"Type":"Map","ItemProcessor":{"StartAt":"Q","States":{"Q":{"Type":"Succeed"}},"ProcessorConfig":{"Mode":"X","Y":1}},"ItemReader":{"Resource":"till:post"},"ItemsPath":"$","ItemBatcher":{},"ResultWriter":{},"End":true}"#,
                [
                    "/ItemProcessor/ProcessorConfig/Mode bad-value", "/ItemProcessor/ProcessorConfig/Y unknown-member", "/ItemsPath bad-value", "/ItemReader/Resource not-supported", "/ItemBatcher missing-member", "/ResultWriter not-supported",
                ]),
            (#"{"Type":"Fail","Error":"a","ErrorPath":"$.a","Next":"T"}"#, ["/ErrorPath bad-value", "/Next unknown-member"]),
        ]
        for (state, expected) in cases { XCTAssertEqual(faults(of: state), expected, state) }
    }

    func test_bounds() {
        let name = String(repeating: "n", count: 81)
        XCTAssertEqual(faults(machineText(name, [(name, #"{"Type":"Succeed"}"#)])), ["/States/\(name) bad-value"])
        let many = (0...Machine.stateCountMax).map { ("S\($0)", #"{"Type":"Succeed"}"#) }
        XCTAssertEqual(faults(machineText("S0", many)), ["/States too-large"])
        var nested = #"{"Type":"Succeed"}"#
        for depth in 0..<40 { nested = #"{"Type":"Parallel","End":true,"Branches":["# + machineText("D\(depth)", [("D\(depth)", nested)]) + "]}" }
        XCTAssertEqual(faults(machineText("X", [("X", nested)])).map { $0.split(separator: " ").last }, ["too-large"])
        var rule = #"{"Variable":"$","IsNull":true}"#
        for _ in 0..<100 { rule = #"{"Not":"# + rule + "}" }
        XCTAssertEqual(faults(of: #"{"Type":"Choice","Choices":[{"Next":"T",""# + String(rule.dropFirst(2)) + "]}").map { $0.split(separator: " ").last }, ["too-large"])
        XCTAssertEqual(faults(String(repeating: " ", count: 1 << 20) + "{}"), [" too-large"])
    }

    /// Each text is taken or refused with a fault that points into it.
    func test_brokenTexts_areRefused() throws {
        var maker = MachineMaker(random: SplitMix64(state: 11))
        for round in 0..<150 {
            let text = maker.machine().textForm
            var bytes = Array(text.utf8)
            if round % 3 > 0 { for _ in 0...maker.below(3) { bytes[maker.below(bytes.count)] = Array("\"{}[]:,$.a1".utf8)[maker.below(11)] } }
            do {
                _ = try DefinitionReader.read(bytes)
            } catch {
                XCTAssertGreaterThan(round % 3, 0, "\(error.faults) of \(text)")
                XCTAssertFalse(error.faults.isEmpty)
            }
        }
    }
}
