/// What a bucket does by itself with objects that have lain there for some time: its lifecycle rules, as `GetBucketLifecycleConfiguration` gives them.
package struct BucketLifecycle: Sendable, Equatable {
    /// Classes that give an object out at once, as S3 names them.
    package static let classNames = ["STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER_IR"]

    package struct Transition: Sendable, Equatable {
        /// Of keys in the bucket.
        package var prefix: String
        package var days: Int
        package var className: String
    }

    /// Of rules that are on and ask for nothing but a prefix, or a least size: small objects would cost more elsewhere.
    package let transitions: [Transition]

    /// One request; a bucket without rules has none.
    package static func read(_ client: BucketClient) throws(BucketFailure) -> BucketLifecycle {
        var call = BucketCall(method: .get, key: "", kind: .get)
        call.query = [("lifecycle", "")]
        do throws(BucketFailure) {
            guard let found = BucketLifecycle(try client.perform(call).body) else { throw BucketFailure(.corrupt, code: "Lifecycle", "the bucket's rules are no LifecycleConfiguration") }
            return found
        } catch {
            if error.code == "NoSuchLifecycleConfiguration" { return BucketLifecycle(transitions: []) }
            throw error
        }
    }

    private init(transitions: [Transition]) { self.transitions = transitions }

    /// - Returns: nil for what is no such text.
    init?(_ bytes: [UInt8]) {
        guard let root = ServiceXML.parse(bytes), root.name == "LifecycleConfiguration" else { return nil }
        var transitions: [Transition] = []
        for rule in root.children where rule.name == "Rule" && rule.text(of: "Status") == "Enabled" {
            guard let prefix = Self.prefix(of: rule) else { continue }
            for transition in rule.children where transition.name == "Transition" {
                guard let days = transition.text(of: "Days").flatMap({ Int($0) }), let name = transition.text(of: "StorageClass") else { continue }
                transitions.append(Transition(prefix: prefix, days: days, className: name))
            }
        }
        self.transitions = transitions
    }

    /// Nil where the rule asks for more than that.
    private static func prefix(of rule: ServiceXML) -> String? {
        // As rules were written before they had filters.
        guard let filter = rule["Filter"] else { return rule.text(of: "Prefix") ?? "" }
        let parts = filter["And"]?.children ?? filter.children
        guard parts.allSatisfy({ $0.name == "Prefix" || $0.name == "ObjectSizeGreaterThan" }) else { return nil }
        return parts.first { $0.name == "Prefix" }?.text ?? ""
    }

    /// What is not as the settings want it; nil where it is.
    ///
    /// - Parameter prefix: below which the objects lie; no slash at either end.
    package func fault(prefix: String, className: String, afterDays: Int) -> String? {
        let own = transitions.filter { "\(prefix)/".hasPrefix($0.prefix) }
        if own.contains(where: { $0.className == className && $0.days == afterDays }) { return nil }
        let found = own.isEmpty ? "no rule of the bucket moves objects below \"\(prefix)\" to another class"
            : "the bucket's rules move objects below \"\(prefix)\" " + own.map { "to \($0.className) after \($0.days) days" }.joined(separator: ", ")
        return "\(found); storage.class says \(className) after \(afterDays) days: give the bucket a lifecycle rule of that, or mend the setting"
    }
}
