// Made-up events with everything that read models know, as lines for the command line. The same numbers give the same lines.
internal import Foundation

/// Makes lines of native events.
public enum MadeUp {
    /// Lines number `range` of an endless file of visits, clicks, orders and deals of a hundred customers.
    public static func lines(_ range: Range<Int>, prefix: String = "e") -> [String] {
        range.map { line($0, prefix: prefix) }
    }

    /// One line.
    public static func line(_ number: Int, prefix: String = "e") -> String {
        var random = SplitMix(seed: UInt64(number))
        func pick(_ values: [String]) -> String { values[Int(random.next() % UInt64(values.count))] }
        let customer = Int(random.next() % 100)
        let minutes = number * 11
        let day = String(format: "%02d", 1 + minutes / 1_440 % 28)
        let month = String(format: "%02d", 1 + minutes / 40_320 % 12)
        let time = String(format: "%02d:%02d:%02dZ", minutes / 60 % 24, minutes % 60, number % 60)
        var type = pick(["page_viewed", "ad_clicked", "form_submitted", "email_clicked", "order_completed"])
        var more = ""
        switch (number % 9, type) {
        case (4, _):
            type = "deal_created"
            more =
                #","deal":"d\#(customer)","amount":"\#(100 + number).00","currency":"EUR","properties":{"owner":"amira"}"#
        case (8, _):
            type = pick(["deal_stage_changed", "deal_won", "deal_lost"])
            more = #","deal":"d\#(customer)","properties":{"to":"negotiation","reason":"price"}"#
        case (_, "ad_clicked"), (_, "email_clicked"):
            more =
                #","channel":"\#(pick(["paid_search", "email", "display"]))","campaign":"\#(pick(["spring", "fall"]))""#
        case (_, "order_completed"):
            more = #","amount":"\#(5 + number % 400).50","currency":"\#(pick(["EUR", "USD"]))""#
        default: break
        }
        return
            #"{"id":"\#(prefix)\#(number)","source":"web","type":"\#(type)","occurred_at":"2026-\#(month)-\#(day)T\#(time)","#
            + #""customer":"user_id:u\#(customer)"\#(more)}"#
    }
}
