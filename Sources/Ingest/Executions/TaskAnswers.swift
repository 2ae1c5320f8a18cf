internal import ColumnStore
package import Processes

/// What an endpoint says of a task, at once or in a callback.
package enum TaskAnswers {
    /// `{"outcome": "accepted", "output"}` or `{"outcome": "rejected", …}`; nil for anything else.
    package static func ending(_ body: [UInt8]) -> TaskEnding? {
        guard let value = try? ValueLimits.parse(body, within: 1) else { return nil }
        switch value["outcome"]?.text {
        case "accepted": return .succeeded(value["output"] ?? .null)
        case "rejected": return .failed(rejected(body) ?? StateError(.rejected, "rejected by the endpoint"))
        default: return nil
        }
    }

    /// The whole answer is the cause, so that a Catch can look into it; nil where it is no text.
    package static func rejected(_ body: [UInt8]) -> StateError? {
        guard !body.isEmpty, let text = String(validating: body, as: UTF8.self) else { return nil }
        return StateError(name: StateError.Name.rejected.rawValue, cause: text)
    }
}
