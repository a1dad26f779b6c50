//! Back and forward through the views.

use crate::{autopsy::Step, summary::Micros};

/// A view that can be returned to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The screen.
    pub screen: Step,
    /// The focused pane.
    pub pane: usize,
    /// The feature under the cursor, by its index in the plan.
    pub feature: Option<usize>,
    /// The instant under the cursor.
    pub at: Option<Micros>,
}

/// The views that were visited before and, after going back, those ahead.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History {
    behind: Vec<Place>,
    ahead: Vec<Place>,
}

impl History {
    /// How many views are kept.
    const DEPTH: usize = 100;

    /// Remembers a view that is being left for a new one.
    pub fn leave(&mut self, place: Place) {
        if self.behind.last() != Some(&place) {
            self.behind.push(place);
        }
        if self.behind.len() > Self::DEPTH {
            self.behind.remove(0);
        }
        self.ahead.clear();
    }

    /// Whether there is a previous view.
    #[must_use]
    pub fn has_previous(&self) -> bool {
        !self.behind.is_empty()
    }

    /// Whether there is a view that was left by going back.
    #[must_use]
    pub fn has_next(&self) -> bool {
        !self.ahead.is_empty()
    }

    /// The previous view, in exchange for the present one.
    pub fn back(&mut self, here: Place) -> Option<Place> {
        let place = self.behind.pop()?;
        self.ahead.push(here);
        Some(place)
    }

    /// The view that was left by going back, in exchange for the present one.
    pub fn forward(&mut self, here: Place) -> Option<Place> {
        let place = self.ahead.pop()?;
        self.behind.push(here);
        Some(place)
    }
}
