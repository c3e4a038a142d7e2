//! Both sides find out by machine whether they hold the same, do what is safe, and sign what they found.

mod bulk;
mod hundred_thousand;
mod numbers;
mod pair;
mod remedies;
mod second_look;
mod signed;
