//! What a check found, for the channels that people read: ten lines of chat, and the payloads that Slack's incoming webhooks
//! and PagerDuty's Events API take. Nothing is sent: who pipes them onwards adds address and key.

use serde_json::json;

use super::chat;
use crate::text::sanitize::terminal;

/// Lines of a message at most.
const LINES: usize = 10;

/// Characters of a PagerDuty summary at most, as its API has it.
const SUMMARY: usize = 1024;

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// Name and version of the model.
    pub title: String,
    /// The violated rules: the finding's id, and its sentence.
    pub violated: Vec<(String, String)>,
}

impl Alert {
    /// One line on how it stands.
    fn headline(&self) -> String {
        match self.violated.len() {
            0 => format!("{}: healthy", self.title),
            1 => format!("{}: 1 rule is violated", self.title),
            rules => format!("{}: {rules} rules are violated", self.title),
        }
    }

    /// At most ten lines for a chat channel, without markup, mentions and links.
    #[must_use]
    pub fn chat(&self) -> String {
        let mut lines = vec![self.headline()];
        let room = LINES - 1;
        let more = self.violated.len().saturating_sub(room);
        let shown = if more > 0 { room - 1 } else { room };
        lines.extend(self.violated.iter().take(shown).map(|(id, message)| format!("{id}: {message}")));
        if more > 0 {
            lines.push(format!("and {} more", self.violated.len() - shown));
        }
        lines.iter().map(|line| chat::harmless(line) + "\n").collect()
    }

    /// The body for a Slack incoming webhook.
    #[must_use]
    pub fn slack(&self) -> String {
        json!({ "text": self.chat().trim_end() }).to_string() + "\n"
    }

    /// An event for PagerDuty's Events API v2, without its routing key: a trigger where rules are violated, else the
    /// resolution of an earlier one of the same model.
    #[must_use]
    pub fn pagerduty(&self) -> String {
        let key = format!("coroner {}", terminal(&self.title));
        let event = if self.violated.is_empty() {
            json!({ "event_action": "resolve", "dedup_key": key })
        } else {
            let summary: String = chat::harmless(&self.headline()).chars().take(SUMMARY).collect();
            let details: serde_json::Map<String, serde_json::Value> = self
                .violated
                .iter()
                .map(|(id, message)| (terminal(id).into_owned(), json!(chat::harmless(message))))
                .collect();
            json!({
                "event_action": "trigger",
                "dedup_key": key,
                "payload": {
                    "summary": summary,
                    "severity": "error",
                    "source": terminal(&self.title),
                    "custom_details": details,
                },
            })
        };
        event.to_string() + "\n"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alert(rules: usize) -> Alert {
        let rule = |at: usize| (format!("drift.psi:x{at}"), "<@everyone> moved".to_owned());
        Alert { title: "credit 1".to_owned(), violated: (0..rules).map(rule).collect() }
    }

    #[test]
    fn a_message_has_ten_lines_and_mentions_nobody() {
        let text = alert(30).chat();
        assert_eq!(text.lines().count(), 10, "{text}");
        assert!(
            text.starts_with("credit 1: 30 rules are violated") && text.ends_with("and 22 more\n"),
            "{text}"
        );
        assert!(!text.contains('@') && !text.contains('<'), "{text}");
        assert_eq!(alert(0).chat(), "credit 1: healthy\n");
        let slack: serde_json::Value = serde_json::from_str(&alert(2).slack()).expect("an object");
        assert_eq!(slack["text"].as_str().map(|text| text.lines().count()), Some(3));
    }

    #[test]
    fn an_event_triggers_and_resolves_under_one_key() {
        let event = |rules| -> serde_json::Value {
            serde_json::from_str(&alert(rules).pagerduty()).expect("an object")
        };
        assert_eq!(event(1)["event_action"], "trigger");
        assert_eq!(event(1)["payload"]["severity"], "error");
        assert_eq!(event(0)["event_action"], "resolve");
        assert_eq!(event(0)["dedup_key"], event(1)["dedup_key"]);
    }
}
